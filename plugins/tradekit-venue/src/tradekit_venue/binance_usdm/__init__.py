"""The dialect of Binance's USD-M futures: linear perpetuals."""
