cimport cython


@cython.final
cdef class Stretches:
    cdef const double[::1] equity
    cdef double peak, depth
    cdef Py_ssize_t first, trough, back

    @cython.locals(rows=Py_ssize_t, row=Py_ssize_t, peak=double, near=double, value=double, lowest=double, fall=double)
    cdef bint find(self) noexcept nogil

@cython.locals(counted=Stretches, followed=Stretches)
cpdef underwater(object equity, object capital)

@cython.locals(stretch=Stretches)
cpdef deepest(object equity, object capital, object close_time, object start)
