"""The malcolm 1.0 wire and our subprotocols, without I/O: sessions take frames and give frames.

`macduff.protocol.server` has what a server needs, `macduff.protocol.client` what a client needs; neither is imported
until it is asked for, since both need the JSON library.
"""
