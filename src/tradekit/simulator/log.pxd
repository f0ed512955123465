cimport cython
@cython.final
cdef class Log:
    cdef Py_ssize_t count, capacity
    cdef long long now
    cdef signed char[::1] kind
    cdef short[::1] code, rule
    cdef int[::1] instrument, row, order, cause
    cdef long long[::1] time
    cdef double[::1] a, b, c, d, e, f, g
    cdef object notes

    cdef Py_ssize_t add(self, int kind, Py_ssize_t row, Py_ssize_t order, int instrument) except -1 nogil
    cdef int grow(self) except -1
