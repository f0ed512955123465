cimport cython


@cython.locals(i=Py_ssize_t)
cpdef crossings(object upper, object lower, object start)

@cython.locals(rows=Py_ssize_t, row=Py_ssize_t)
cdef void cross(
    const double[::1] upper, const double[::1] lower, unsigned char[::1] over, unsigned char[::1] under, Py_ssize_t start
) noexcept nogil

cpdef decisions(object weights, object start=*)

@cython.locals(
    count=Py_ssize_t, edge=Py_ssize_t, k=Py_ssize_t, j=Py_ssize_t, end=Py_ssize_t, stop=Py_ssize_t, row=Py_ssize_t,
    numbers=cython.longlong
)
cdef Py_ssize_t decided(const double[::1] weights, long long[::1] into, Py_ssize_t size, Py_ssize_t start) noexcept nogil
