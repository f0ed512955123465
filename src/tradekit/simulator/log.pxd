cdef class Log:
    cdef Py_ssize_t count, capacity
    cdef int[::1] kind, code, rule, instrument
    cdef long long[::1] row, order, cause
    cdef double[::1] a, b, c, d, e, f
    cdef object notes

    cdef Py_ssize_t add(self, int kind, Py_ssize_t row, Py_ssize_t order, int instrument) except -1 nogil
    cdef int grow(self) except -1
