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

    cdef int renew(self) except -1
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
    cdef signed char[::1] kind, code
    cdef short[::1] rule
    cdef int[::1] instrument, order, cause, row
    cdef long long[::1] time

    @cython.locals(entry=Py_ssize_t, k=int)
    cdef int read(self, Py_ssize_t count, object entries, object packed, tuple moments) except -1
    @cython.locals(entry=Py_ssize_t)
    cdef int date(self, Py_ssize_t count, tuple moments) except -1
