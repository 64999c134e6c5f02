"""torchvision's convolutional networks in plain Keras 3: a yardstick for the families.

Each is written from torchvision/models/<file>.py, module by module as its `forward` runs,
independently of the package under test: numbers are listed as they are there, computed
widths are not computed but copied from the printed modules. channels_last; PyTorch's
constants of batch normalisation are left at Keras's defaults, since only the layers, weights
and wiring are compared. Inputs are 224×224, where a pooling with `ceil_mode` that needs
padding pads by one pixel at the far ends.
"""

import keras
from keras import layers


def _conv_bn(x, filters, kernel, stride=1, groups=1, act=True):
    """Conv2dNormActivation, BasicConv2d and their like, padded by half of the kernel."""
    if stride > 1 and kernel > 1:
        x = layers.ZeroPadding2D(kernel // 2)(x)
        padding = "valid"
    else:
        padding = "same"
    if groups == "depthwise":
        x = layers.DepthwiseConv2D(kernel, strides=stride, padding=padding, use_bias=False)(x)
    else:
        conv = layers.Conv2D(
            filters, kernel, strides=stride, padding=padding, groups=groups, use_bias=False
        )
        x = conv(x)
    x = layers.BatchNormalization()(x)
    return layers.Activation("relu")(x) if act else x


def _head(x, dropout=None):
    """Global average pooling and the fully connected layer."""
    x = layers.GlobalAveragePooling2D()(x)
    if dropout:
        x = layers.Dropout(dropout)(x)
    return layers.Dense(1000, activation="softmax")(x)


def _stem_pool(x):
    return layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(x))


def _bottleneck(x, width, out, stride, groups, squeeze=None):
    """`Bottleneck` of resnet.py and `ResBottleneckBlock` of regnet.py."""
    y = _conv_bn(x, width, 1)
    y = _conv_bn(y, width, 3, stride, groups)
    if squeeze:
        scale = layers.GlobalAveragePooling2D(keepdims=True)(y)
        scale = layers.Conv2D(squeeze, 1, activation="relu")(scale)
        scale = layers.Conv2D(width, 1, activation="sigmoid")(scale)
        y = layers.Multiply()([scale, y])
    y = _conv_bn(y, out, 1, act=False)
    if stride != 1 or x.shape[-1] != out:
        x = _conv_bn(x, out, 1, stride, act=False)
    return layers.Activation("relu")(layers.Add()([y, x]))


def resnext50_32x4d():
    inputs = keras.Input((224, 224, 3))
    x = _stem_pool(_conv_bn(inputs, 64, 7, 2))
    for width, out, count, stride in (
        (128, 256, 3, 1),
        (256, 512, 4, 2),
        (512, 1024, 6, 2),
        (1024, 2048, 3, 2),
    ):
        for i in range(count):
            x = _bottleneck(x, width, out, stride if i == 0 else 1, 32)
    return keras.Model(inputs, _head(x))


def regnet_y_400mf():
    """Widths, depths and squeezes as `print(regnet_y_400mf())` shows them."""
    inputs = keras.Input((224, 224, 3))
    x = _conv_bn(inputs, 32, 3, 2)
    for width, groups, squeezes in (
        (48, 6, [8]),
        (104, 13, [12, 26, 26]),
        (208, 26, [26] + [52] * 5),
        (440, 55, [52] + [110] * 5),
    ):
        for i, squeeze in enumerate(squeezes):
            x = _bottleneck(x, width, width, 2 if i == 0 else 1, groups, squeeze)
    return keras.Model(inputs, _head(x))


def regnet_x_400mf():
    inputs = keras.Input((224, 224, 3))
    x = _conv_bn(inputs, 32, 3, 2)
    for width, groups, count in ((32, 2, 1), (64, 4, 2), (160, 10, 7), (400, 25, 12)):
        for i in range(count):
            x = _bottleneck(x, width, width, 2 if i == 0 else 1, groups)
    return keras.Model(inputs, _head(x))


def alexnet():
    inputs = keras.Input((224, 224, 3))
    x = layers.ZeroPadding2D(2)(inputs)
    x = layers.Conv2D(64, 11, 4, activation="relu")(x)
    x = layers.MaxPooling2D(3, 2)(x)
    x = layers.Conv2D(192, 5, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D(3, 2)(x)
    for filters in (384, 256, 256):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D(3, 2)(x)
    x = layers.Flatten()(x)
    for _ in range(2):
        x = layers.Dense(4096, activation="relu")(layers.Dropout(0.5)(x))
    return keras.Model(inputs, layers.Dense(1000, activation="softmax")(x))


def _fire(x, squeeze, expand):
    x = layers.Conv2D(squeeze, 1, activation="relu")(x)
    a = layers.Conv2D(expand, 1, activation="relu")(x)
    b = layers.Conv2D(expand, 3, padding="same", activation="relu")(x)
    return layers.Concatenate()([a, b])


def _squeezenet(filters, kernel, features):
    """`features`: expanding filters of the fire modules, and `M` for a pooling."""
    inputs = keras.Input((224, 224, 3))
    x = layers.Conv2D(filters, kernel, 2, activation="relu")(inputs)
    squeezes = iter((16, 16, 32, 32, 48, 48, 64, 64))
    for feature in features:
        if feature == "M":
            if x.shape[1] % 2 == 0:
                x = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
            x = layers.MaxPooling2D(3, 2)(x)
        else:
            x = _fire(x, next(squeezes), feature)
    x = layers.Conv2D(1000, 1, activation="relu")(layers.Dropout(0.5)(x))
    x = layers.Activation("softmax")(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, x)


def squeezenet1_0():
    return _squeezenet(96, 7, ["M", 64, 64, 128, "M", 128, 192, 192, 256, "M", 256])


def squeezenet1_1():
    return _squeezenet(64, 3, ["M", 64, 64, "M", 128, 128, "M", 192, 192, 256, 256])


def googlenet():
    """Without the auxiliary classifiers, `aux_logits=False`."""
    inputs = keras.Input((224, 224, 3))

    def pool(x, size):
        if size == 3:
            x = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
        return layers.MaxPooling2D(size, 2)(x)

    x = pool(_conv_bn(inputs, 64, 7, 2), 3)
    x = pool(_conv_bn(_conv_bn(x, 64, 1), 192, 3), 3)
    for row in (
        (64, 96, 128, 16, 32, 32),
        (128, 128, 192, 32, 96, 64),
        3,
        (192, 96, 208, 16, 48, 64),
        (160, 112, 224, 24, 64, 64),
        (128, 128, 256, 24, 64, 64),
        (112, 144, 288, 32, 64, 64),
        (256, 160, 320, 32, 128, 128),
        2,
        (256, 160, 320, 32, 128, 128),
        (384, 192, 384, 48, 128, 128),
    ):
        if isinstance(row, int):
            x = pool(x, row)
            continue
        ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj = row
        branches = [
            _conv_bn(x, ch1x1, 1),
            _conv_bn(_conv_bn(x, ch3x3red, 1), ch3x3, 3),
            _conv_bn(_conv_bn(x, ch5x5red, 1), ch5x5, 3),
            _conv_bn(layers.MaxPooling2D(3, 1, padding="same")(x), pool_proj, 1),
        ]
        x = layers.Concatenate()(branches)
    return keras.Model(inputs, _head(x, 0.2))


def mnasnet1_3():
    """Filters as `_get_depths(1.3)` gives them."""
    inputs = keras.Input((224, 224, 3))
    x = _conv_bn(inputs, 40, 3, 2)
    x = _conv_bn(x, None, 3, groups="depthwise")
    x = _conv_bn(x, 24, 1, act=False)
    for filters, kernel, stride, expansion, repeats in (
        (32, 3, 2, 3, 3),
        (56, 5, 2, 3, 3),
        (104, 5, 2, 6, 3),
        (128, 3, 1, 6, 2),
        (248, 5, 2, 6, 4),
        (416, 3, 1, 6, 1),
    ):
        for i in range(repeats):
            y = _conv_bn(x, x.shape[-1] * expansion, 1)
            y = _conv_bn(y, None, kernel, stride if i == 0 else 1, groups="depthwise")
            y = _conv_bn(y, filters, 1, act=False)
            x = y if i == 0 else layers.Add()([y, x])
    return keras.Model(inputs, _head(_conv_bn(x, 1280, 1), 0.2))


def shufflenet_v2_x1_5():
    inputs = keras.Input((224, 224, 3))

    def branch2(x, filters, stride):
        x = _conv_bn(x, filters, 1)
        x = _conv_bn(x, None, 3, stride, groups="depthwise", act=False)
        return _conv_bn(x, filters, 1)

    def channel_shuffle(x):
        _, height, width, channels = x.shape
        x = layers.Reshape((height, width, 2, channels // 2))(x)
        return layers.Reshape((height, width, channels))(layers.Permute((1, 2, 4, 3))(x))

    x = _stem_pool(_conv_bn(inputs, 24, 3, 2))
    for channels, repeats in ((176, 4), (352, 8), (704, 4)):
        half = channels // 2
        for i in range(repeats):
            if i == 0:
                x1 = _conv_bn(x, None, 3, 2, groups="depthwise", act=False)
                x1, x2 = _conv_bn(x1, half, 1), branch2(x, half, 2)
            else:
                x1, x2 = keras.ops.split(x, 2, axis=-1)  # x.chunk(2, dim=1)
                x2 = branch2(x2, half, 1)
            x = channel_shuffle(layers.Concatenate()([x1, x2]))
    return keras.Model(inputs, _head(_conv_bn(x, 1024, 1)))
