"""The texts of the hosted page, the identity provider and the shop, in English and Spanish."""

from mobbscan_sandbox.gateway import hosted_texts
from mobbscan_sandbox.identity_provider import texts as provider_texts
from mobbscan_sandbox.shop import texts as shop_texts


def test_texts_have_the_same_keys_in_both_languages():
    for module in (hosted_texts, provider_texts, shop_texts):
        assert module.TEXTS["en"].keys() == module.TEXTS["es"].keys(), module.__name__
