from tests.lab.lab import Lab


def test_one_node_holds_the_virtual_ip(site: Lab) -> None:
    assert len(site.holders()) == 1
