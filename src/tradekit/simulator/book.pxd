cdef class Book:
    cdef Py_ssize_t count, capacity, open_count, intent_count
    cdef int[::1] instrument, kind, status, reason
    cdef signed char[::1] is_target, is_unsized
    cdef double[::1] quantity, asked, limit, stop, filled
    cdef long long[::1] row, entry, open_orders, intents
    cdef double[::1] open_buys, open_sells
    cdef int[::1] open_of

    cdef Py_ssize_t add(self, int instrument, int kind, double quantity) except -1 nogil
    cdef int grow(self) except -1
    cdef void rest(self, Py_ssize_t order) noexcept nogil
    cdef void finish(self, Py_ssize_t order, int status, int reason) noexcept nogil
    cdef void compact(self) noexcept nogil
