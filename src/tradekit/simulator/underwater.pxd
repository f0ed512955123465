cimport cython


@cython.final
cdef class Stretches:
    cdef const double[::1] equity
    cdef double capital, peak, depth, lowest
    cdef Py_ssize_t first, trough, back
    cdef bint is_finite

    cdef void renew(self) noexcept nogil
    cdef bint find(self) noexcept nogil
    @cython.locals(rows=Py_ssize_t, row=Py_ssize_t, peak=double, near=double, value=double)
    cdef void begin(self) noexcept nogil
    @cython.locals(rows=Py_ssize_t, row=Py_ssize_t, peak=double, near=double, value=double, lowest=double, fall=double)
    cdef void follow(self) noexcept nogil

@cython.locals(stretch=Stretches)
cpdef underwater(object equity, object capital)

@cython.locals(stretch=Stretches)
cpdef deepest(object equity, object capital, object close_time, object start)
