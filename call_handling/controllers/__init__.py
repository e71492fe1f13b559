from . import (
    commands,
    contact_data,
    dataset,
    diagnosis,
    directory,
    export,
    health,
    pbx,
    pivot,
    recording,
)
