"""The dialect of Binance's spot market: REST, market streams and the WebSocket API."""
