cimport cython
from tradekit.simulator.arrivals cimport Arrivals
from tradekit.simulator.context cimport Context
from tradekit.simulator.depth cimport Levels
from tradekit.simulator.depth_matching cimport DepthMatcher
from tradekit.simulator.simulation cimport Simulation

@cython.final
cdef class TapeLoop:
    cdef Context context
    cdef Simulation simulation
    cdef DepthMatcher matcher
    cdef Arrivals arrivals
    cdef Levels levels
    cdef list depths, symbols, timers
    cdef object on_bar, on_trade, on_quote, on_book, on_timer, listener
    cdef readonly str doing
    cdef const long long[::1] time, place, first, update, close_time, period
    cdef long long[::1] alarm
    cdef const signed char[::1] kind, trade_side
    cdef const int[::1] instrument
    cdef const double[::1] trade_price, trade_size, bid, bid_size, ask, ask_size
    cdef bint has_depth, has_drawdown_limit
    cdef long long next_timer
    cdef Py_ssize_t warmup, at, heard

    cpdef run(self, object start, object stop, object listener=*)
    cdef int run_row(self, Py_ssize_t row) except -1
    cdef int go_between(self) except -1
    cdef int happen(self, Py_ssize_t row) except -1
    cdef object quote_at(self, Py_ssize_t place, Py_ssize_t i)
    cdef int trade(self, Py_ssize_t i, Py_ssize_t place, Py_ssize_t row) except -1
    cdef int watch_drawdown(self) except -1
    cdef bint is_ready(self, Py_ssize_t i) noexcept
    cdef void begin_call(self, str name) noexcept
    cdef int settle(self) except -1
    cdef int tell(self) except -1
