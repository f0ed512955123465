cimport cython

@cython.final
cdef class Conditions:
    cdef readonly Py_ssize_t count, capacity
    cdef double[::1] trail, trail_rate, mark, display, slice, ahead, level, traded, born, base
    cdef long long[::1] until, arrives, leaves, slice_bar
    cdef int[::1] session, parent, child, sibling, peer, replaces

    cdef int renew(self) except -1
    cdef Py_ssize_t add(self) except -1 nogil
    cdef int grow(self) except -1
    cdef int begin(self) except -1
    cdef void copy_terms(self, Py_ssize_t old, Py_ssize_t new) noexcept nogil
    cdef void take_mark(self, Py_ssize_t old, Py_ssize_t new) noexcept nogil
    cdef double distance(self, Py_ssize_t row) noexcept nogil

cdef bint same(double one, double other) noexcept nogil
