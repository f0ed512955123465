cdef class Book:
    cdef Py_ssize_t count, capacity, open_count, intent_count
    cdef int[::1] instrument, kind, status, reason
    cdef signed char[::1] origin
    cdef double[::1] quantity, asked, limit, stop, filled
    cdef long long[::1] row, entry, open_orders, intents
    cdef double[:, ::1] units
    cdef int[:, ::1] orders

    cdef Py_ssize_t add(self, int instrument, int kind, double quantity, int origin) except -1 nogil
    cdef int grow(self) except -1
    cdef void rest(self, Py_ssize_t order) noexcept nogil
    cdef void finish(self, Py_ssize_t order, int status, int reason) noexcept nogil
    cdef double waiting(self, Py_ssize_t i, bint is_market, bint is_buy) noexcept nogil
    cdef void compact(self) noexcept nogil

cdef int column_of(bint is_market, bint is_buy) noexcept nogil
