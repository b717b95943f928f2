from exactcnn.network.shapes import layer_widths
from exactcnn.theorems.architectures import architectures
from exactcnn.theorems.widths import IMAGENET, table_1


def output(size, kernel, stride=1, padding=0):
    return (size + 2 * padding - kernel) // stride + 1


def test_rows_of_the_paper():
    rows = {row.name: row for row in table_1()}
    stem = output(output(299, 3, 2), 3)
    assert rows["VGG (A-E)"].width == 224 * 224 * 64
    assert rows["InceptionV3"].width == rows["InceptionV4"].width == stem**2 * 64
    assert rows["SqueezeNet"].width == output(227, 7, 2) ** 2 * 96
    assert rows["ENet"].width == 256 * 256 * 16 == 128 * 128 * 64
    assert rows["GoogLeNet"].width == rows["ResNet"].width == output(224, 7, 2, 3) ** 2 * 64
    assert rows["Xception"].width == stem**2 * 128 == 2_765_952
    assert [row.name for row in rows.values() if not row.confirmed] == ["Xception"]
    assert IMAGENET == 1_281_167
    for row in rows.values():
        assert row.paper_width <= row.width  # "all numbers are lower bounds on the true width"
        assert row.wide is (row.width > IMAGENET)
        assert row.sources


def test_xception_is_wide_before_any_separable_convolution():
    row = table_1()[-1]
    assert (row.widest.number, row.widest.name) == (3, "block2_sepconv1")
    assert [(each.number, each.name, each.width > IMAGENET) for each in row.also][:2] == [
        (2, "block1_conv2", True),
        (4, "block2_sepconv2", True),
    ]


def test_the_printed_layer_attains_the_printed_width():
    known = architectures()
    for row in table_1():
        for name in row.networks:
            layers = layer_widths(known[name].input_shape, known[name].layers)
            assert any(each.number == row.paper_layer and each.width >= row.paper_width for each in layers)
            if row.name != "Xception":
                assert row.widest in layers
                assert row.width == max(each.width for each in layers[:-1])
