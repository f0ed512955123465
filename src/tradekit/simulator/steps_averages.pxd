cimport cython
from libc.math cimport NAN as nan, sqrt

from tradekit.simulator.steps_columns cimport OneColumn, ThreeLines


@cython.final
cdef class Sma(OneColumn):
    cdef Py_ssize_t length, at
    cdef bint is_full
    cdef double first, anchor, head
    cdef double[::1] tails

    cdef void turn(self) noexcept nogil


@cython.final
cdef class Stdev(OneColumn):
    cdef Py_ssize_t length, at
    cdef bint is_full
    cdef double first, anchor, head, head_squares, mean
    cdef double[::1] tails, tail_squares

    cdef void turn(self) noexcept nogil


@cython.final
cdef class Bollinger(ThreeLines):
    cdef Stdev spread
    cdef double deviations


@cython.final
cdef class Wma(OneColumn):
    cdef Py_ssize_t length, at
    cdef bint is_full
    cdef double first, anchor, head, head_weighted
    cdef double[::1] tails

    cdef void turn(self) noexcept nogil


@cython.final
cdef class RollingVwap:
    cdef Py_ssize_t length, at
    cdef bint is_full
    cdef double first, anchor, head, head_volume
    cdef double[::1] tails, tail_volumes

    cdef void fill(
        self, const double[::1] highs, const double[::1] lows, const double[::1] closes, const double[::1] volumes, double[::1] out
    )
    cdef double next(self, double price, double volume) noexcept nogil
    cdef void turn(self) noexcept nogil


@cython.final
cdef class Smoothing:
    cdef Py_ssize_t length, seen
    cdef double keep, value

    cdef double next(self, double value) noexcept nogil


@cython.final
cdef class Ema(OneColumn):
    cdef Smoothing average


@cython.final
cdef class Rma(OneColumn):
    cdef Smoothing average


@cython.final
cdef class Rsi(OneColumn):
    cdef bint has_previous
    cdef double previous
    cdef Smoothing gain, loss


@cython.final
cdef class Macd(ThreeLines):
    cdef Ema fast, slow, signal
    cdef Py_ssize_t delay
