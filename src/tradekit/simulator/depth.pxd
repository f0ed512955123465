cimport cython

@cython.final
cdef class Levels:
    cdef const signed char[::1] side, is_snapshot
    cdef const double[::1] price, size

@cython.final
cdef class Depth:
    cdef readonly str symbol
    cdef long long[::1] count, end, hint
    cdef double[::1] worst
    cdef Py_ssize_t capacity
    cdef bint is_touched
    cdef double[:, ::1] key, size, taken

    cdef double best(self, int side) noexcept nogil
    cdef double best_size(self, int side) noexcept nogil
    cdef Py_ssize_t place(self, int side, double key) noexcept nogil
    cpdef int put(self, int side, double key, double size) except -1 nogil
    cdef void drop_best(self, int side) noexcept nogil
    cdef void insert(self, int side, Py_ssize_t at, double key, double size) noexcept nogil
    cdef int make_room(self, int side) except -1 nogil
    cdef void take(self, int side, Py_ssize_t at, double units) noexcept nogil
    cdef int grow(self) except -1 nogil
    cdef void clear(self) noexcept nogil
    cpdef int quote(self, int side, double price, double size) except -1 nogil
    cpdef double size_at(self, int side, double key) noexcept nogil
    cpdef double known_at(self, int side, double key) noexcept nogil
    cpdef int apply(self, Levels updates, Py_ssize_t start, Py_ssize_t stop) except -1 nogil
