cimport cython
from tradekit.simulator.moves cimport Moves


@cython.final
cdef class Trips:
    cdef Py_ssize_t fills, carries, count
    cdef object places, amounts, flags
    cdef const long long[::1] instrument, after, carrier
    cdef const double[::1] quantity, price, fee, slipped, unit, split, gain
    cdef const double[::1] last_price, last_unit, last_split, open_gain, amount
    cdef double[::1] position, most, entered, exited, paid, got, worth, flow, fees, slippage, carried, profit, on_entry
    cdef long long[::1] trade, opened, closed, direction
    cdef signed char[::1] is_open

    cdef int make_room(self, Py_ssize_t count, Py_ssize_t size, object carry) except -1
    @cython.locals(c=Py_ssize_t, n=Py_ssize_t, t=Py_ssize_t)
    cdef void follow(self) noexcept nogil
    @cython.locals(t=Py_ssize_t)
    cdef void carry(self, Py_ssize_t c) noexcept nogil
    @cython.locals(quantity=double, before=double, after=double)
    cdef void take(self, Py_ssize_t n) noexcept nogil
    @cython.locals(i=Py_ssize_t, t=Py_ssize_t, size=double, price=double, most=double)
    cdef void part(self, Py_ssize_t n, double quantity, double share, double before, double after) noexcept nogil
    @cython.locals(t=Py_ssize_t)
    cdef void begin(self, Py_ssize_t n, Py_ssize_t i, bint is_long) noexcept nogil
    @cython.locals(i=Py_ssize_t, split=double, held=double, mark=double, left=double, value=double)
    cdef void close(self, Py_ssize_t t) noexcept nogil

cdef double quotient(double number, double divisor) noexcept nogil

@cython.locals(k=Py_ssize_t)
cdef bint are_within(const long long[::1] numbers, Py_ssize_t size) noexcept nogil

@cython.locals(count=Py_ssize_t, size=Py_ssize_t)
cpdef Trips trips_in(Moves moves, object unit, object last_unit, object is_margined, object last_price, object carry)

@cython.locals(n=Py_ssize_t, i=Py_ssize_t, closed=double, held=double)
cdef void realise(
    Moves moves, Trips trips, const signed char[::1] is_margined, double[::1] gain, double[::1] open_gain
) noexcept nogil
