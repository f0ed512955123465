cimport cython
from tradekit.simulator.conditions cimport Conditions

@cython.final
cdef class Book:
    cdef Py_ssize_t count, capacity, open_count, intent_count, room
    cdef bint has_fees
    cdef readonly Conditions conditions
    cdef int[::1] instrument, flags, condition, row, entry, open_orders, intents
    cdef signed char[::1] kind, status, reason, origin
    cdef long long[::1] time
    cdef double[::1] quantity, asked, limit, stop, filled, fees
    cdef double[:, ::1] units
    cdef int[:, ::1] orders

    cdef int renew(self) except -1
    cdef Py_ssize_t add(self, int instrument, int kind, double quantity, int origin) except -1 nogil
    cdef int grow(self) except -1
    cdef int make_room(self) except -1
    cdef Py_ssize_t conditions_of(self, Py_ssize_t order) except -1 nogil
    cdef double left(self, Py_ssize_t order) noexcept nogil
    cdef bint is_limited(self, Py_ssize_t order) noexcept nogil
    cdef bint is_sure(self, Py_ssize_t order) noexcept nogil
    cdef void rest(self, Py_ssize_t order) noexcept nogil
    cdef void hold(self, Py_ssize_t order) noexcept nogil
    cdef void release(self, Py_ssize_t order) noexcept nogil
    cdef void trigger(self, Py_ssize_t order) noexcept nogil
    cdef void resize(self, Py_ssize_t order, double quantity) noexcept nogil
    cdef void fill(self, Py_ssize_t order, double size) noexcept nogil
    cdef void finish(self, Py_ssize_t order, int status, int reason) noexcept nogil
    cdef void count_in(self, Py_ssize_t order, int sign) noexcept nogil
    cdef void compact(self) noexcept nogil
    cdef void settle(self, bint is_over) noexcept nogil

cdef int column_of(bint is_market, bint is_buy) noexcept nogil
