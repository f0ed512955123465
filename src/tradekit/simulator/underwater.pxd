cimport cython


@cython.locals(peak=double, near=double, below=bint, count=Py_ssize_t, row=Py_ssize_t)
cdef Py_ssize_t most_stretches(const double[::1] equity, double capital) noexcept nogil

@cython.locals(
    peak=double, near=double, lowest=double, deepest=double, fall=double, below=bint, count=Py_ssize_t, row=Py_ssize_t
)
cdef Py_ssize_t follow(
    const double[::1] equity, double capital, long long[::1] first, long long[::1] trough, long long[::1] back, double[::1] depth
) noexcept nogil
