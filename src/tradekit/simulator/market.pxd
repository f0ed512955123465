cimport cython
@cython.final
cdef class Prices:
    cdef const double[:, ::1] open, high, low, close, volume
    cdef const long long[::1] open_time, close_time

@cython.final
cdef class Market:
    cdef readonly Py_ssize_t rows, size
    cdef readonly Prices bars, shown
    cdef const double[:, ::1] close
    cdef const double[::1] only
    cdef const long long[::1] close_time
    cdef long long[::1] current, previous, seen

    cdef int renew(self) except -1
    cdef double price(self, int column, Py_ssize_t row, Py_ssize_t i) noexcept nogil
