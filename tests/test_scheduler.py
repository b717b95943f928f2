"""What a worker must be; that schedulers are reached or refused is tested where cases run on them."""

import exactcnn
from exactcnn.scheduler import build


def test_the_build_is_the_source(monkeypatch, tmp_path):
    assert build.__wrapped__() == build()
    assert build().startswith(f"{exactcnn.__version__}+")
    monkeypatch.setattr("exactcnn.scheduler.__file__", str(tmp_path / "scheduler.py"))
    empty = build.__wrapped__()
    (tmp_path / "a.py").write_text("")
    assert len({empty, build.__wrapped__()}) == 2
