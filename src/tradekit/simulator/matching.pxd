cimport cython
from tradekit.simulator.conditions cimport Conditions
from tradekit.simulator.book cimport Book
from tradekit.simulator.closing cimport Closing
from tradekit.simulator.due cimport Due
from tradekit.simulator.filling cimport Filler
from tradekit.simulator.ledger cimport Ledger
from tradekit.simulator.lifecycle cimport Lifecycle
from tradekit.simulator.log cimport Log
from tradekit.simulator.margin cimport Margin
from tradekit.simulator.market cimport Market, Prices
from tradekit.simulator.reach cimport Reach
from tradekit.simulator.timing cimport Timing

@cython.final
cdef class Matcher:
    cdef Market market
    cdef Prices prices
    cdef Book book
    cdef Conditions conditions
    cdef Log log
    cdef Lifecycle lifecycle
    cdef Reach reach
    cdef Filler filler
    cdef Ledger ledger
    cdef Margin margin
    cdef bint is_margin
    cdef Timing timing
    cdef const long long[::1] first
    cdef bint has_finer, has_queue
    cdef int path
    cdef Due due
    cdef Closing closing
    cdef int[::1] young

    cdef int renew(self) except -1
    cdef int match(self, Py_ssize_t row) except -1 nogil
    cdef int match_close(self, Py_ssize_t row) except -1 nogil
    cdef int watch_margin(self, Py_ssize_t k) except -1 nogil
    cdef int match_bar(self, Py_ssize_t k, Py_ssize_t row) except -1 nogil
    cdef int match_open(self, Py_ssize_t k) except -1 nogil
    cdef int match_inside(self, Py_ssize_t k) except -1 nogil
    cdef int match_young(self, Py_ssize_t k) except -1 nogil
    cdef bint is_of(self, Py_ssize_t order, bint is_buy, int aside) noexcept nogil
    cdef bint is_working(self, Py_ssize_t order, int aside) noexcept nogil
    cdef int sweep(self, Py_ssize_t k, int phase, bint is_buy, bint favourable) except -1 nogil
    cdef int consider(self, Py_ssize_t order, Py_ssize_t k, int phase) except -1 nogil
    cdef int fire_due(self, Py_ssize_t k, int phase) except -1 nogil
    cdef double due_at(self, Py_ssize_t order, Py_ssize_t k, int phase) noexcept nogil
    cdef int fire(self, Py_ssize_t order, Py_ssize_t k, double price, int phase) except -1 nogil
    cdef int walk(self, Py_ssize_t k, Py_ssize_t i) except -1 nogil
    cdef int walk_to(self, Py_ssize_t k, Py_ssize_t i, double start, double end) except -1 nogil
