from tradekit.simulator.book cimport Book
from tradekit.simulator.carry cimport Carry
from tradekit.simulator.gate cimport Gate
from tradekit.simulator.ledger cimport Ledger
from tradekit.simulator.log cimport Log
from tradekit.simulator.margin cimport Margin
from tradekit.simulator.market cimport Market
from tradekit.simulator.matching cimport Matcher
from tradekit.simulator.venue cimport Venue

cdef class Simulation:
    cdef readonly Market market
    cdef readonly Ledger ledger
    cdef readonly Book book
    cdef readonly Log log
    cdef readonly Gate gate
    cdef Venue venue
    cdef Matcher matcher
    cdef Carry carry
    cdef Margin margin
    cdef double[::1] equity, weight, quantity
    cdef bint has_targets, is_asked, is_margin
    cdef Py_ssize_t size, row, warmup
    cdef readonly Py_ssize_t done
    cdef public bint stop_requested

    cdef int advance(self, Py_ssize_t row) except -1 nogil
    cdef int liquidate(self, Py_ssize_t row) except -1 nogil
    cdef int close_bar(self, Py_ssize_t row) except -1 nogil
    cdef void want_weight(self, Py_ssize_t i, double weight) noexcept nogil
    cdef void want_quantity(self, Py_ssize_t i, double quantity) noexcept nogil
    cdef Py_ssize_t intend(self, int i, int kind, double quantity, int origin) except -1 nogil
    cdef int decide(self) except -1 nogil
    cdef int resolve_targets(self) except -1 nogil
    cdef bint is_there(self, Py_ssize_t i, double wanted) noexcept nogil
    cdef int place(self, Py_ssize_t order) except -1 nogil
    cdef int announce(self, Py_ssize_t order) except -1 nogil
    cdef double size_of(self, Py_ssize_t order, Py_ssize_t i) except? -1.0 nogil
    cdef double permitted(self, Py_ssize_t order, Py_ssize_t i, double quantity) except? -1.0 nogil
    cdef double reduced(self, Py_ssize_t order, Py_ssize_t i, double quantity) except? -1.0 nogil
    cdef int reject(self, Py_ssize_t order, int reason) except -1 nogil
    cdef int cancel_open(self, Py_ssize_t order, int status, int reason) except -1 nogil
    cdef int note_cancel(self, Py_ssize_t order, int reason, double left) except -1 nogil
    cdef int cancel_targets(self, Py_ssize_t i) except -1 nogil
    cdef int stop_risk(self, bint flatten) except -1 nogil
