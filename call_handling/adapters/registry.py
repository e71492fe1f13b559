"""All telephone systems that are known."""

from .aircall import AircallAdapter
from .asterisk_api import AsteriskSystemAdapter
from .base import Adapter
from .demo import DemoAdapter
from .freeswitch import FreeSwitchAdapter
from .generic import GenericAdapter
from .placetel import PlacetelAdapter
from .sipgate import SipgateAdapter
from .telnyx import TelnyxAdapter
from .threecx import ThreeCXAdapter
from .twilio import TwilioAdapter
from .vonage import VonageAdapter
from .yeastar import YeastarAdapter
from .zammad import ZammadAdapter

ADAPTERS: dict[str, type[Adapter]] = {
    adapter.code: adapter
    for adapter in (
        AircallAdapter,
        AsteriskSystemAdapter,
        FreeSwitchAdapter,
        PlacetelAdapter,
        SipgateAdapter,
        TelnyxAdapter,
        ThreeCXAdapter,
        TwilioAdapter,
        VonageAdapter,
        YeastarAdapter,
        ZammadAdapter,
        GenericAdapter,
        DemoAdapter,
    )
}
