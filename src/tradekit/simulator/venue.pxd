cdef class Venue:
    cdef const double[::1] tick, lot, min_notional, fee_rate, fee_per_unit, slippage_rate
    cdef const double[::1] ticks_per_one, lots_per_one

    cdef double price_down(self, Py_ssize_t i, double price) noexcept nogil
    cdef double price_up(self, Py_ssize_t i, double price) noexcept nogil
    cdef double whole_lots(self, Py_ssize_t i, double quantity) noexcept nogil
    cdef double settled(self, Py_ssize_t i, double quantity, double traded) noexcept nogil
    cdef double fee(self, Py_ssize_t i, double quantity, double price) noexcept nogil
    cdef double fee_of_one(self, Py_ssize_t i, double price) noexcept nogil
    cdef double slipped(self, Py_ssize_t i, double quantity, double price) noexcept nogil
