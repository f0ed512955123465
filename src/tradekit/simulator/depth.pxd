cimport cython

@cython.final
cdef class Levels:
    cdef const signed char[::1] side, is_snapshot
    cdef const double[::1] price, size

@cython.final
cdef class Ladder:
    cdef double tick, per_one, scale, low, worst
    cdef bint is_gridded, is_touched
    cdef Py_ssize_t start, width, far, hint, count, bottom
    cdef long long moves, told
    cdef double[::1] key, size, taken

    cdef double best(self) noexcept nogil
    cdef double best_size(self) noexcept nogil
    cdef Py_ssize_t find(self, double key) noexcept nogil
    cdef Py_ssize_t search(self, double key) noexcept nogil
    cpdef int put(self, double key, double size) except -1 nogil
    cdef void drop_best(self) noexcept nogil
    cdef Py_ssize_t add(self, double key) except -1 nogil
    cdef int settle(self, Py_ssize_t rows) except -1 nogil
    cdef int lay_out(self, Py_ssize_t width) except -1
    cdef void take(self, Py_ssize_t at, double units) noexcept nogil
    cdef void clear(self) noexcept nogil
    cpdef int quote(self, double key, double size) except -1 nogil
    cpdef double known_at(self, double key) noexcept nogil

@cython.final
cdef class Depth:
    cdef readonly str symbol
    cdef readonly Ladder bid_side, ask_side

    cpdef int apply(self, Levels updates, Py_ssize_t start, Py_ssize_t stop) except -1 nogil
