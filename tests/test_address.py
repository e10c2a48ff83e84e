"""Which addresses may be dialled."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillkit.address import refusal

RANGES = (Path(__file__).parent / "data" / "addresses.txt").read_text(encoding="utf-8").partition("[ranges]")[2].split()
NEVER = [each for each in RANGES if each.startswith(("0.", "169.", "192.0.", "224.", "240.", "::/", "fe80", "ff00"))]

METADATA = ["169.254.169.254", "192.0.0.192", "100.100.100.200", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254"]

WRAPPERS = {
    "mapped": lambda v4: IPv6Address(0xFFFF_0000_0000 | int(v4)),
    "NAT64": lambda v4: IPv6Address(int(IPv6Address("64:ff9b::")) | int(v4)),
    "6to4": lambda v4: IPv6Address(int(IPv6Address("2002::")) | int(v4) << 80),
}
each_wrapper = pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)


def inside(block):
    network = ip_network(block)
    return st.ip_addresses(network=network) | st.sampled_from([network[0], network[-1]])


@pytest.mark.parametrize("block", RANGES)
@given(choice=st.data())
def test_no_address_of_a_closed_range_is_dialled(block, choice):
    assert refusal(str(choice.draw(inside(block))), "api.test")


@pytest.mark.parametrize("block", NEVER)
@given(choice=st.data())
def test_what_no_app_answers_from_is_not_dialled_for_anybody(block, choice):
    address = choice.draw(inside(block).filter(lambda address: address != ip_address("::1")))

    assert refusal(str(address), "api.test", private=True)


@each_wrapper
@given(v4=st.sampled_from([each for each in RANGES if "." in each]).flatmap(inside))
def test_a_closed_address_stays_closed_inside_an_open_one(wrap, v4):
    assert refusal(str(wrap(v4)), "api.test")


@each_wrapper
@pytest.mark.parametrize("v4", ["1.1.1.1", "93.184.215.14"])
def test_an_open_address_stays_open_inside_another(wrap, v4):
    assert refusal(str(wrap(IPv4Address(v4))), "api.test") == ""


@pytest.mark.parametrize(
    "address", ["2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "64:ff9b:1::1", "2001:db8::1", "192.0.2.1"]
)
def test_a_tunnel_and_an_example_are_not_dialled(address):
    assert refusal(address, "api.test", private=True)


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.1",
        "169.253.255.255",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2a00:1450:4001:80b::200e",
    ],
)
def test_what_lies_beside_a_closed_range_is_open(address):
    assert refusal(address, "api.test") == ""


@pytest.mark.parametrize(
    "address", ["10.1.2.3", "172.31.0.1", "192.168.1.1", "100.64.0.1", "fd12::1", "127.0.0.1", "::1", "198.18.0.1"]
)
def test_a_person_may_open_their_own_network(address):
    assert refusal(address, "erp.test") != ""
    assert refusal(address, "erp.test", private=True) == ""


@each_wrapper
def test_a_person_does_not_open_what_a_tunnel_ends_in(wrap):
    wrapped = refusal(str(wrap(IPv4Address("10.0.0.1"))), "erp.test", private=True)

    assert (wrapped == "") == (wrap is WRAPPERS["mapped"])


@pytest.mark.parametrize("address", METADATA + [f"::ffff:{each}" for each in METADATA if "." in each])
def test_a_metadata_service_is_never_dialled(address):
    assert "metadata" in refusal(address, "api.test", private=True)


@pytest.mark.parametrize("host", ["metadata.google.internal", "METADATA.google.internal.", "metadata", "instance-data"])
def test_the_name_of_a_metadata_service_is_never_dialled_whatever_it_resolves_to(host):
    assert "metadata" in refusal("93.184.215.14", host, private=True)


@pytest.mark.parametrize(
    "address", ["", "127.1", "0177.0.0.1", "0x7f000001", "localhost", "1.1.1.1%eth0", "fe80::1%eth0", "1.1.1.1 "]
)
def test_what_is_not_plainly_an_address_is_refused(address):
    assert "is not an address" in refusal(address, "api.test", private=True)


def test_plain_http_stays_on_this_machine():
    assert refusal("127.0.0.1", "localhost", private=True, plain=True) == ""
    assert refusal("::ffff:127.0.0.1", "localhost", private=True, plain=True) == ""
    assert "plain http" in refusal("192.168.1.1", "erp.test", private=True, plain=True)
    assert "plain http" in refusal("1.1.1.1", "api.test", plain=True)
