"""Each planted cause is named."""

import pytest

from engine.replay.plants import PLANTS


@pytest.mark.proof("replay")
def test_replay_names_a_planted_cause(tmp_path, matrix):
    wrong = []
    for number, plant in enumerate(matrix.some(PLANTS, 3)):
        folder = tmp_path / str(number)
        folder.mkdir()
        found = plant.play(folder)
        told = [f"{cause['kind']}: {cause['text']}" for cause in found["causes"]]
        matrix.tell(plant.name, "; ".join(told), f"{found['same_decisions']} of {found['decisions']} decisions before it")
        if found["same"] or not any(cause["kind"] == plant.kind and plant.words in cause["text"] for cause in found["causes"]):
            wrong.append((plant.name, told))
        elif len(told) > 1:
            wrong.append((plant.name, "more than one cause", told))
    assert not wrong
