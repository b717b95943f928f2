"""What the checker says of a claim, and a claim with one thing changed."""

import copy


def accepted(run, document, *claims):
    outcome = run(document, *claims)
    assert outcome.exit_code == 0, outcome.message
    return outcome


def rejected(run, message, document, *claims, code=1):
    outcome = run(document, *claims)
    assert outcome.exit_code == code, outcome.message
    assert message in outcome.message, outcome.message


def altered(claim, **changes):
    """Return a claim with other entries; those of its evidence have two underscores in front."""
    result = copy.deepcopy(claim)
    for key, value in changes.items():
        if key.startswith("__"):
            result["evidence"][key[2:]] = value
        else:
            result[key] = value
    return result
