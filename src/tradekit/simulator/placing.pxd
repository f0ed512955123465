cimport cython
from tradekit.simulator.conditions cimport Conditions
from tradekit.simulator.book cimport Book
from tradekit.simulator.gate cimport Gate
from tradekit.simulator.ledger cimport Ledger
from tradekit.simulator.lifecycle cimport Lifecycle
from tradekit.simulator.log cimport Log
from tradekit.simulator.market cimport Market
from tradekit.simulator.venue cimport Venue

@cython.final
cdef class Placer:
    cdef Market market
    cdef Gate gate
    cdef Lifecycle lifecycle
    cdef Ledger ledger
    cdef Venue venue
    cdef Book book
    cdef Conditions conditions
    cdef Log log
    cdef bint is_margin
    cdef long long latency

    cdef int place(self, Py_ssize_t order) except -1 nogil
    cdef int obstacle(self, Py_ssize_t order) noexcept nogil
    cdef Py_ssize_t predecessor(self, Py_ssize_t order) noexcept nogil
    cdef int send(self, Py_ssize_t order, Py_ssize_t old, double quantity) except -1 nogil
    cdef int take_over(self, Py_ssize_t order, Py_ssize_t old) except -1 nogil
    cdef bint waits(self, Py_ssize_t order) noexcept nogil
    cdef int fly(self, Py_ssize_t order) except -1 nogil
    cdef int place_exit(self, Py_ssize_t order) except -1 nogil
    cdef int announce(self, Py_ssize_t order, double asked) except -1 nogil
    cdef int size(self, Py_ssize_t order, Py_ssize_t i) noexcept nogil
    cdef double permitted(self, Py_ssize_t order, Py_ssize_t i, double quantity) except? -1.0 nogil
    cdef double price_of(self, Py_ssize_t order) noexcept nogil
    cdef bint may_only_reduce(self, Py_ssize_t order, double quantity) noexcept nogil
    cdef double reduced(self, Py_ssize_t order, Py_ssize_t i, double quantity) except? -1.0 nogil
    cdef int reject(self, Py_ssize_t order, int reason) except -1 nogil
