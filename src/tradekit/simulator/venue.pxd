cdef class Venue:
    cdef const double[::1] tick, lot, min_notional, fee_rate, fee_per_unit, slippage_rate
    cdef const double[::1] ticks_per_one, lots_per_one
    cdef const long long[::1] fee_asset

    cdef double price_down(self, Py_ssize_t i, double price) noexcept nogil
    cdef double price_up(self, Py_ssize_t i, double price) noexcept nogil
    cdef double whole_lots(self, Py_ssize_t i, double quantity) noexcept nogil
    cdef double lots_within(self, Py_ssize_t i, double quantity) noexcept nogil
    cdef double cut_to_lots(self, Py_ssize_t i, double quantity, double slack) noexcept nogil
    cdef double settled(self, Py_ssize_t i, double quantity, double traded) noexcept nogil
    cdef bint is_too_small(self, Py_ssize_t i, double quantity, double price) noexcept nogil
    cdef double fee(self, Py_ssize_t i, double quantity, double price) noexcept nogil
    cdef double fee_of_one(self, Py_ssize_t i, double price) noexcept nogil
    cdef double most_fee_of_one(self, Py_ssize_t i, double price) noexcept nogil
    cdef double least_fee(self, Py_ssize_t i) noexcept nogil
    cdef double slipped(self, Py_ssize_t i, double quantity, double price) noexcept nogil

cdef double in_steps(double size, double step, double per_one) noexcept nogil
cdef double of_steps(double steps, double step, double per_one) noexcept nogil
