cimport cython
from tradekit.simulator.book cimport Book
from tradekit.simulator.gate cimport Gate
from tradekit.simulator.ledger cimport Ledger
from tradekit.simulator.lifecycle cimport Lifecycle
from tradekit.simulator.log cimport Log
from tradekit.simulator.shares cimport Shares
from tradekit.simulator.simulation cimport Simulation

@cython.final
cdef class Outside:
    cdef Simulation simulation
    cdef Book book
    cdef Lifecycle lifecycle
    cdef Ledger ledger
    cdef Log log
    cdef Gate gate
    cdef Shares shares
    cdef object symbols
