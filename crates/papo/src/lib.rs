//! The half of papo that touches the world: sockets, disk, terminal, browser.
