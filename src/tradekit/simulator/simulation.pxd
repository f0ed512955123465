cimport cython
from tradekit.simulator.carry cimport Carry
from tradekit.simulator.conditions cimport Conditions
from tradekit.simulator.book cimport Book
from tradekit.simulator.gate cimport Gate
from tradekit.simulator.ledger cimport Ledger
from tradekit.simulator.lifecycle cimport Lifecycle
from tradekit.simulator.log cimport Log
from tradekit.simulator.market cimport Market
from tradekit.simulator.matching cimport Matcher
from tradekit.simulator.placing cimport Placer
from tradekit.simulator.shares cimport Shares
from tradekit.simulator.venue cimport Venue

@cython.final
cdef class Simulation:
    cdef readonly Market market
    cdef readonly Ledger ledger
    cdef readonly Book book
    cdef Conditions conditions
    cdef readonly Log log
    cdef readonly Gate gate
    cdef readonly Shares shares
    cdef Venue venue
    cdef Carry carry
    cdef Lifecycle lifecycle
    cdef Matcher matcher
    cdef Placer placer
    cdef double[::1] equity, weight, quantity
    cdef bint has_targets, is_asked, is_margin, is_outside
    cdef long long latency
    cdef Py_ssize_t size, row, known
    cdef readonly Py_ssize_t done
    cdef public bint stop_requested

    cdef int advance(self, Py_ssize_t row) except -1 nogil
    cdef int begin_row(self, Py_ssize_t row) except -1 nogil
    cdef void mark_equity(self) noexcept nogil
    cdef int act(self, Py_ssize_t row) except -1 nogil
    cdef int close_bar(self, Py_ssize_t row) except -1 nogil
    cdef void want_weight(self, Py_ssize_t i, double weight) noexcept nogil
    cdef void want_quantity(self, Py_ssize_t i, double quantity) noexcept nogil
    cdef Py_ssize_t intend(self, int i, int kind, double quantity, int origin) except -1 nogil
    cdef int decide(self) except -1 nogil
    cdef int resolve_targets(self) except -1 nogil
    cdef bint is_there(self, Py_ssize_t i, double wanted) noexcept nogil
    cdef int cancel(self, Py_ssize_t order, int status, int reason) except -1 nogil
    cdef int withdraw(self, Py_ssize_t order) except -1 nogil
    cdef int request(self, Py_ssize_t order, int what) except -1 nogil
    cdef bint depends(self, Py_ssize_t order) noexcept nogil
    cdef Py_ssize_t cancel_targets(self, Py_ssize_t i) except -2 nogil
    cdef int take_place(self, Py_ssize_t order, Py_ssize_t old) except -1 nogil
    cdef int stop_risk(self, bint flatten, Py_ssize_t first, Py_ssize_t end) except -1 nogil

cpdef renew(Simulation simulation, Py_ssize_t warmup)

@cython.locals(i=Py_ssize_t)
cdef int begin(Simulation simulation, Py_ssize_t warmup) except -1

cdef int close_shares(Simulation simulation, Py_ssize_t row) except -1 nogil
cdef int stop_share(Simulation simulation, Py_ssize_t k, bint flatten) except -1 nogil
cdef double equity_of(Simulation simulation, Py_ssize_t share) noexcept nogil
