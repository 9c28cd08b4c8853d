"""The malcolm 1.0 wire and our subprotocols, without I/O: sessions take frames and give frames."""
