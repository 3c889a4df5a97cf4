"""The controls of a network whose effect can be counted: what cards, curves and logs of training say of them."""

from vizlab.core.config import NetworkConfig
from vizlab.core.method import Control, Effect, Method
from vizlab.core.model import Model
from vizlab.core.site import NO_INTERVENTION, Intervention, intervening
from vizlab.errors import InputError


def counted(method: Method, config: NetworkConfig) -> tuple[Control, ...]:
    """The controls that a network of that configuration has and whose effect is countable, in the method's order."""
    own = method.own_settings(config)
    return tuple(control for control in method.controls if control.name in own and control.effect is not None)


def effect_of(control: Control) -> Effect:
    """What the control decides, as counts; raises InputError for a control of which its method does not say that."""
    if control.effect is None:
        raise InputError(f"What the {control.name} does cannot be counted, so there is no curve over its values.")
    return control.effect


def share_of(model: Model, control: Control, change: Intervention = NO_INTERVENTION) -> float:
    """How much of the control's effect happens in `model` under `change`, over all sites, 0..1."""
    with intervening(change):
        return effect_of(control).share(model.network)
