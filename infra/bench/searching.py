def rows(services, settings):
    yield from ()
