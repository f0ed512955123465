cimport cython


@cython.locals(i=Py_ssize_t)
cpdef crossings(object upper, object lower, object start)

@cython.locals(row=Py_ssize_t)
cdef void cross(const double[::1] upper, const double[::1] lower, unsigned char[::1] into, Py_ssize_t start) noexcept nogil

cpdef targets_from(object weights, object start)

@cython.locals(infinite=cython.longlong, bound=double, k=Py_ssize_t)
cdef bint take_over(const double[::1] weights, double[::1] into, Py_ssize_t start) noexcept nogil
