cimport cython
from tradekit.simulator.tiers cimport TieredFees

@cython.final
cdef class Venue:
    cdef const double[::1] tick, lot, min_notional
    cdef const double[::1] ticks_per_one, lots_per_one
    cdef double[:, ::1] fees, floored
    cdef const double[::1] minimum, slippage_rate, half_spread
    cdef const double[:, ::1] row_slippage_rate, row_half_spread
    cdef const long long[::1] fee_asset, open_time, days
    cdef Py_ssize_t impacts, day
    cdef const double[::1] exponent
    cdef const double[:, :, ::1] coefficient, day_volume
    cdef const signed char[::1] is_daily
    cdef TieredFees tiers
    cdef bint has_minimum, has_tiers, has_more_slippage, has_row_rate, has_row_spread, is_dated
    cdef public Py_ssize_t row

    cdef int renew(self) except -1
    cpdef void new_row(self, Py_ssize_t row) noexcept nogil
    cpdef void traded(self, Py_ssize_t i, double value) noexcept nogil
    cpdef double price_down(self, Py_ssize_t i, double price) noexcept nogil
    cpdef double price_up(self, Py_ssize_t i, double price) noexcept nogil
    cdef double trailing(self, Py_ssize_t i, double mark, double distance, bint is_buy) noexcept nogil
    cpdef double whole_lots(self, Py_ssize_t i, double quantity) noexcept nogil
    cpdef double lots_within(self, Py_ssize_t i, double quantity) noexcept nogil
    cdef double cut_to_lots(self, Py_ssize_t i, double quantity, double slack) noexcept nogil
    cpdef double settled(self, Py_ssize_t i, double quantity, double traded) noexcept nogil
    cpdef bint is_too_small(self, Py_ssize_t i, double quantity, double price) noexcept nogil
    cpdef double fee(self, Py_ssize_t i, double quantity, double price, bint is_maker, double before) noexcept nogil
    cpdef double raw_fee(self, Py_ssize_t i, double quantity, double price, bint is_maker) noexcept nogil
    cpdef double most_fee(self, Py_ssize_t i, double quantity, double price) noexcept nogil
    cpdef double most_fee_of_one(self, Py_ssize_t i, double price) noexcept nogil
    cpdef double least_fee(self, Py_ssize_t i) noexcept nogil
    cpdef double slipped(self, Py_ssize_t i, double quantity, double price, double volume, double before) noexcept nogil
    cdef double impact(self, Py_ssize_t i, double size, double volume, double before) noexcept nogil
    cdef double worse(self, Py_ssize_t i, bint is_buy, double price, double rate, double spread) noexcept nogil

cdef double in_steps(double size, double step, double per_one) noexcept nogil
cdef double of_steps(double steps, double step, double per_one) noexcept nogil
cdef double power(double share, double exponent) noexcept nogil
cdef long long day_of(long long time) noexcept nogil
