cimport cython
from libc.math cimport NAN as nan


@cython.final
cdef class BarBuilder:
    cdef const long long[:, ::1] spans
    cdef Py_ssize_t span, span_count, capacity
    cdef readonly Py_ssize_t count
    cdef int counts
    cdef readonly int why
    cdef long long length, check, latest
    cdef readonly long long start, end
    cdef double high, open, low, close, volume, enough, amount  # apart, or GCC packs what changes together, which is slower
    cdef readonly bint is_open
    cdef long long[::1] one_time
    cdef double[::1] one_price, one_size
    cdef long long[:, ::1] times
    cdef double[:, ::1] values

    cdef Py_ssize_t rows
    cdef const long long[::1] at
    cdef const double[::1] opened, highs, lows, closes, volumes

    cdef void allocate(self, Py_ssize_t capacity)
    cdef void read_one(self)
    cdef Py_ssize_t fill(self, Py_ssize_t row) except -1
    cdef Py_ssize_t absorb(self, Py_ssize_t row) noexcept nogil
    cdef bint turn(self, long long time) except -1 nogil
    cdef int put(self) except -1 nogil
