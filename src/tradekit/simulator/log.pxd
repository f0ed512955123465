cimport cython
@cython.final
cdef class Log:
    cdef Py_ssize_t count, place, at, moments
    cdef public int row
    cdef long long now
    cdef signed char[::1] kind, code, width
    cdef short[::1] rule, moment_place
    cdef int[::1] instrument, order, cause, moment_row
    cdef long long[::1] moment_time
    cdef double[::1] a, b, c, d, e, f, g
    cdef object entries, numbers
    cdef dict moment
    cdef list packed
    cdef object notes

    cdef Py_ssize_t add(self, int kind, int code, Py_ssize_t order, Py_ssize_t instrument, Py_ssize_t cause) except -1 nogil
    cdef void begin_moment(self) noexcept nogil
    cdef void settle(self) noexcept nogil
    cdef int pack(self) except -1
    cdef tuple part(self, Py_ssize_t numbers)

@cython.final
cdef class Reading:
    cdef public dict columns
    cdef Py_ssize_t done
    cdef double[:, ::1] numbers
    cdef int[::1] row
    cdef long long[::1] time
    cdef const signed char[::1] width
    cdef const double[::1] packed
    cdef const long long[::1] moment_time
    cdef const int[::1] moment_row
    cdef const short[::1] moment_place

    cdef int read(self, Py_ssize_t count, bytes entries, bytes numbers, tuple moments) except -1
    @cython.locals(at=Py_ssize_t, moment=Py_ssize_t, entry=Py_ssize_t, k=int)
    cdef void spread(self, Py_ssize_t count) noexcept nogil
