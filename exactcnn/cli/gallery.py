"""Bad minima and saddles of the literature, decided again: the command `gallery`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exactcnn import completions
from exactcnn.cli.shared import Json, check_destination, defect, finished, make_folder, show, stop, write_text


def gallery(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID]...",
            help="Pieces such as swirszcz-1; all without any.",
            autocompletion=completions.piece_ids,
        ),
    ] = None,
    as_json: Json = False,
    picture: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Draw Φ near each point, an SVG each, in this folder.")
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write a certificate of each piece to this folder.")
    ] = None,
) -> None:
    """Decide again the bad minima and saddles of the literature: exit code 1 if one is not as promised."""
    from exactcnn.display import standalone
    from exactcnn.gallery.examine import examine_all
    from exactcnn.gallery.registry import select
    from exactcnn.report.gallery import gallery_table
    from exactcnn.report.loss_pictures import loss_picture
    from exactcnn.report.terminal import progress_bar
    from exactcnn.theorems.verdict import together

    chosen = select(ids or ())
    for option, folder in (("picture", picture), ("certificate", certificate)):
        if folder is not None:
            make_folder(folder, option)
    if certificate is not None:
        for piece in chosen:
            check_destination(certificate / f"{piece.id}.json")
    with progress_bar() as progress:
        found, stopped = finished(examine_all(chosen, progress=progress))
        for done, each in enumerate(found):
            if certificate is not None and each.checked:
                each.certificate.write(certificate / f"{each.piece.id}.json")
            if picture is not None:
                if progress is not None:
                    progress("pictures", done, len(found))
                drawn = loss_picture(each.piece.surface(), each.piece.axes, each.piece.span, name=each.piece.id)
                write_text(picture / f"{each.piece.id}.svg", standalone(drawn))
    checked = together(each.checked for each in found)
    described = {"checked": checked, "pieces": [each.document() for each in found]}
    show(described if as_json else gallery_table(found))
    stop(stopped, f"{len(found)} of {len(chosen)} pieces")
    if checked is False:
        defect(f"in {', '.join(each.piece.id for each in found if each.checked is False)}")
    raise typer.Exit(int(any(each.failures for each in found)))
