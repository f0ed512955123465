from libc.math cimport NAN as nan


cdef class OneColumn:
    cdef void fill(self, const double[::1] values, double[::1] out)
    cdef double next(self, double value) noexcept nogil


cdef class ThreeLines:
    cdef double first, second, third

    cdef void fill(self, const double[::1] values, double[:, ::1] out)
    cdef void next(self, double value) noexcept nogil
