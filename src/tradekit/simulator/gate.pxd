cimport cython
from tradekit.simulator.book cimport Book
from tradekit.simulator.ledger cimport Ledger
from tradekit.simulator.log cimport Log
from tradekit.simulator.market cimport Market
from tradekit.simulator.opinions cimport Opinions
from tradekit.simulator.shares cimport Shares

@cython.final
cdef class Gate:
    cdef Market market
    cdef Ledger ledger
    cdef Book book
    cdef Log log
    cdef Py_ssize_t size, row
    cdef int sizing
    cdef int[::1] kind, rule, action, share
    cdef double[::1] value, cap
    cdef signed char[::1] is_broken
    cdef const double[:, ::1] volatility
    cdef list checkers
    cdef readonly Opinions opinions
    cdef readonly Shares shares
    cdef readonly bint is_halted
    cdef bint is_ruined, has_leverage_limit, has_drawdown_limit
    cdef Py_ssize_t last_halt
    cdef public double peak
    cdef double equity, committed

    cdef int renew(self) except -1
    cdef void begin(self, Py_ssize_t row, double equity) noexcept nogil
    cdef void count_exposure(self) noexcept nogil
    cdef void rest(self, Py_ssize_t order) noexcept nogil
    cdef double equity_of(self, Py_ssize_t i) noexcept nogil
    cdef bint is_stopped(self, Py_ssize_t i) noexcept nogil
    cdef double engaged(self, Py_ssize_t i, bint is_buy, int share) noexcept nogil
    cdef double exposed(self, int share) noexcept nogil
    cdef double sized(self, Py_ssize_t i, double weight) noexcept nogil
    cdef int note_size(self, Py_ssize_t order, Py_ssize_t i, double quantity) except -1 nogil
    cdef double judge(self, Py_ssize_t order, double quantity) except? -1.0 nogil
    cdef double standing(self, Py_ssize_t i, bint is_buy) noexcept nogil
    cdef double reducing(self, Py_ssize_t i, double quantity) noexcept nogil
    cdef double exposure(self, Py_ssize_t i) noexcept nogil
    cdef double enforce(self, Py_ssize_t order, Py_ssize_t k, double quantity) except? -1.0 nogil
    cdef Py_ssize_t note(self, Py_ssize_t order, Py_ssize_t k, double asked, double passed, int verdict) except -1 nogil
    cdef int watch(self, double equity) except -1 nogil
    cdef int note_halt(self, int rule, double equity, double peak, double limit, Py_ssize_t cause) except -1 nogil
    cdef int halt(self, int rule, double equity, double limit, Py_ssize_t cause) except -1 nogil
    cdef double ask(self, Py_ssize_t order, Py_ssize_t k, double quantity) except? -1.0

@cython.locals(equity=double, peak=double)
cdef int watch_share(Gate gate, Py_ssize_t share) except -1 nogil
