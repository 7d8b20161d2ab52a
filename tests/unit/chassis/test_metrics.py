from services.chassis.metrics import OTHER, OUTCOMES, STAGES, Metrics


def test_metrics_labels_come_from_constants_only() -> None:
    metrics = Metrics()
    metrics.outcomes("commands", {"+966500000001": 1, **dict.fromkeys(OUTCOMES, 1)})
    metrics.stage("commands", "person:1", 0.1)
    for stage in STAGES:
        metrics.stage("commands", stage, 0.1)
    metrics.dead_letter("commands", "bad +966500000001")
    metrics.dead_letter("commands", "body-malformed")
    text = metrics.exposition().decode()
    assert "966500000001" not in text
    assert "person:1" not in text
    assert text.count(f'outcome="{OTHER}"') == 2  # the count and when it began
    assert 'reason="body-malformed"' in text


def test_metrics_of_two_services_in_one_process_do_not_mix() -> None:
    one, other = Metrics(), Metrics()
    one.lag("commands", 5)
    one.batch("commands", 500)
    one.resumed("commands")
    one.parked(1)
    one.effects_in_flight(1)
    one.oldest_unproven(12.5)
    one.fields_dropped(2)
    assert 'hesabi_lag_messages{lane="commands"} 5.0' in one.exposition().decode()
    assert "hesabi_oldest_unproven_outbox_seconds 12.5" in one.exposition().decode()
    assert "hesabi_log_fields_dropped_total 2.0" in one.exposition().decode()
    assert 'lane="commands"' not in other.exposition().decode()
