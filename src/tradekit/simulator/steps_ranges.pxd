cimport cython
from libc.math cimport NAN as nan

from tradekit.simulator.steps_averages cimport Smoothing
from tradekit.simulator.steps_columns cimport OneColumn


@cython.final
cdef class Highest(OneColumn):
    cdef Py_ssize_t length, at
    cdef bint is_full
    cdef double head
    cdef double[::1] tails

    cdef void turn(self) noexcept nogil


@cython.final
cdef class Lowest(OneColumn):
    cdef Highest mirror


@cython.final
cdef class Donchian:
    cdef Highest highest
    cdef Lowest lowest
    cdef double upper, middle, lower

    cdef void fill(self, const double[::1] highs, const double[::1] lows, double[:, ::1] out)
    cdef void next(self, double high, double low) noexcept nogil


@cython.final
cdef class Atr:
    cdef Smoothing average
    cdef bint has_previous
    cdef double previous

    cdef void fill(self, const double[::1] highs, const double[::1] lows, const double[::1] closes, double[::1] out)
    cdef double next(self, double high, double low, double close) noexcept nogil


@cython.final
cdef class Roc(OneColumn):
    cdef Py_ssize_t length, at
    cdef bint is_full
    cdef double[::1] ring


@cython.final
cdef class Obv:
    cdef bint has_previous
    cdef double previous, total

    cdef void fill(self, const double[::1] closes, const double[::1] volumes, double[::1] out)
    cdef double next(self, double close, double volume) noexcept nogil
