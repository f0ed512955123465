cimport cython

@cython.final
cdef class TieredFees:
    cdef Py_ssize_t models, size, place
    cdef long long day, first_day
    cdef double[:, ::1] fees, floored, by_day
    cdef const double[:, ::1] fixed, fixed_floored, from_volume
    cdef const double[:, :, :, ::1] choices
    cdef const signed char[:, ::1] is_counted, is_floored
    cdef double[::1] today
    cdef const double[::1] past

    cdef int renew(self) except -1
    cpdef void new_day(self, long long day) noexcept nogil
    cpdef void traded(self, Py_ssize_t i, double value) noexcept nogil
    cdef void choose(self) noexcept nogil
    cdef Py_ssize_t tier(self, Py_ssize_t model) noexcept nogil
    cdef void charge(self, Py_ssize_t model, Py_ssize_t tier) noexcept nogil
