"""Creation of onboardings by a host site's API call."""

from dataclasses import replace

import pytest

from tests.unit.journey.harness import BANK, PUBLIC_URL, SHOP, JourneyHarness
from tests.unit.store.rows import in_threads
from webapp.domain.errors import ActiveOnboardingExists, FlowUnknown
from webapp.domain.onboarding import Mode, Status
from webapp.domain.onboarding_inputs import OnboardingInputs
from webapp.journey.api_create import CreateInput

INPUTS = OnboardingInputs(
    country="ESP",
    document_type="Passport",
    return_url="https://shop.example/account?order=1",
    metadata={"order": "1"},
    extra_data={"campaign": "autumn"},
    expected={"name": "Ada", "date_of_birth": "1990-12-31"},
)


NOTHING = OnboardingInputs()


def wanted(subject="ada", *, inputs=NOTHING, flow=None, mode=None, locale=None):
    return CreateInput(subject, flow, mode, locale, inputs)


def create(harness: JourneyHarness, given=None, site=SHOP):
    return harness.host_api.create.create(site, given or wanted())


def code_of(link: str) -> str:
    assert link.startswith(f"{PUBLIC_URL}/l/")
    return link.rpartition("/")[2]


def test_create_makes_the_row_and_a_link_and_asks_the_gateway_nothing(harness):
    made, status = create(harness, wanted(inputs=INPUTS, mode="redirect", locale="es"))
    assert status == 201
    assert (made.subject, made.site, made.flow, made.status) == (
        "ada",
        "shop",
        "default",
        "created",
    )
    assert (made.metadata, made.expected_match) == ({"order": "1"}, "not_checked")
    assert not harness.gateway.calls
    row = harness.row(made.id)
    assert (row.mode, row.locale, row.attempt) == (Mode.REDIRECT, "es", 1)
    assert harness.links.preview(code_of(made.link)).site.id == "shop"
    assert [entry.actor for entry in harness.timeline(made.id)] == ["host", "host"]


def test_create_then_start_sends_what_the_host_site_gave_to_the_gateway(harness):
    made, _ = create(harness, wanted(inputs=INPUTS))
    visitor, onboarding_id = harness.links.use(code_of(made.link), None)
    assert onboarding_id == made.id
    assert visitor.return_url == INPUTS.return_url
    assert harness.begin(visitor) == made.id
    (request,) = harness.gateway.requests
    assert (request.country_id, request.doc_type, request.doc_specific_type) == (
        "ESP",
        "Passport",
        None,
    )
    assert request.extra_data["campaign"] == "autumn"
    assert request.extra_data["site"] == "shop"


def test_create_repeated_returns_the_active_one_with_a_fresh_link(harness):
    first, _ = create(harness, wanted(inputs=INPUTS))
    again, status = create(harness, wanted(inputs=INPUTS))
    assert (again.id, status) == (first.id, 200)
    assert again.link != first.link


def test_create_without_options_returns_the_one_that_the_user_has_started(harness, adas):
    found, status = create(harness)
    assert (found.id, status, found.status) == (adas, 200, Status.STARTED)


@pytest.mark.parametrize(
    "other",
    [
        wanted(inputs=replace(INPUTS, metadata={"order": "2"})),
        wanted(inputs=replace(INPUTS, expected={})),
        wanted(inputs=INPUTS, mode="redirect"),
        wanted(inputs=INPUTS, locale="es"),
        wanted(),
    ],
)
def test_create_with_other_options_while_one_is_active_raises(harness, other):
    first, _ = create(harness, wanted(inputs=INPUTS))
    with pytest.raises(ActiveOnboardingExists) as raised:
        create(harness, other)
    assert raised.value.onboarding_id == first.id


def test_create_for_another_flow_user_or_site_makes_another_one(harness):
    made = [
        create(harness)[0],
        create(harness, wanted(flow="host"))[0],
        create(harness, wanted("ben"))[0],
        create(harness, site=BANK)[0],
    ]
    assert len({each.id for each in made}) == 4


def test_create_with_an_unknown_flow_raises_with_the_names_of_the_flows(harness):
    with pytest.raises(FlowUnknown) as raised:
        create(harness, wanted(flow="other"))
    assert "agreed" in raised.value.flows


def test_create_in_16_threads_makes_one_onboarding(harness):
    answers = in_threads(16, lambda: create(harness))
    assert len({made.id for made, _ in answers}) == 1
    assert [status for _, status in answers].count(201) == 1


def test_create_after_the_active_one_has_expired_makes_a_new_one(harness):
    first, _ = create(harness)
    harness.clock.advance(hours=49)
    second, status = create(harness)
    assert (status, second.previous_id) == (201, first.id)
    assert harness.status(first.id) is Status.EXPIRED


def test_create_after_verified_lets_the_user_be_verified_anew(harness, ada, adas):
    harness.poll_answered(adas, "VERIFIED")
    harness.clock.advance(days=30)
    made, status = create(harness)
    assert (status, made.previous_id) == (201, adas)
    visitor, _ = harness.links.use(code_of(made.link), None)
    assert harness.begin(visitor) == made.id
    assert harness.status(made.id) is Status.STARTED


def test_retry_by_the_user_keeps_what_the_host_site_expects(harness):
    made, _ = create(harness, wanted(inputs=INPUTS, mode="redirect"))
    visitor, _ = harness.links.use(code_of(made.link), None)
    harness.begin(visitor)
    harness.poll_answered(made.id, "NOT_VERIFIED")
    harness.clock.advance(minutes=1)
    retried = harness.begin(visitor)
    assert retried != made.id
    with harness.database.reading() as work:
        assert work.inputs.get(retried) == INPUTS
    assert harness.row(retried).mode is Mode.REDIRECT


def test_create_stores_what_was_given_encrypted(harness):
    create(harness, wanted("secret-subject", inputs=INPUTS))
    with harness.engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT * FROM onboarding_inputs").all()
    assert len(stored) == 1
    for planted in ("Ada", "1990-12-31", "autumn", "shop.example", "Passport"):
        assert planted not in str([bytes(v) if isinstance(v, memoryview) else v for v in stored[0]])
