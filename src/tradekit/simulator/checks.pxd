cdef int kind_of(str symbol, tuple prices) except -1
cdef bint has_limit(int kind) noexcept
cdef int check_terms(str symbol, int kind, int flags, object bracket) except -1
cdef int check_prices(str symbol, tuple prices) except -1
cdef int check_bracket(str symbol, double side, object bracket) except -1
cdef double finite(str symbol, str what, object number) except? -1.0
cdef double positive(str symbol, str what, object number) except? -1.0
