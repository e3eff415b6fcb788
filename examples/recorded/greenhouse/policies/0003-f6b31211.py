"""Measure the air's own drift, heat so that the next step stays safely above 18 degrees, and vent to stay below a limit that is lower on warm days."""
import math

import numpy as np

COLD_LIMIT = 18.45  # tune: [18.1, 19]
WARM_LIMIT = 23.3  # tune: [22, 23.9]
WARM_DAY = 10.0  # tune: [4, 14]
PRECOOLING = 1.0  # tune: [0, 3]
PRECOOLED_ABOVE_COLD_LIMIT = 0.6  # tune: [0.2, 2]
DRIFT_LEARNING = 0.3  # tune: [0.1, 0.9]
HUMID_LIMIT = 84.0  # tune: [81, 86]
VENT_PER_PERCENT = 0.1  # tune: [0.02, 0.5]

DEGREES_BY_FULL_HEAT = 2.2
DEGREES_BY_SUN = 1.8
VENT_EXCHANGE = 0.09
WALL_LOSS = 0.025
DRIFT_PER_DEGREE = 0.1
OUTSIDE_SWING = 6.0


class Policy:
    def reset(self, seed=None, spaces=None):
        self.last = None
        self.drift = 0.0

    def act(self, observation):
        temperature = float(observation["air"]["temperature"][0])
        humidity = float(observation["air"]["humidity"][0])
        outside = float(observation["outside"][0])
        sun = float(observation["sun"][0])
        hour = float(observation["hour"][0])

        if self.last is None:
            self.drift = WALL_LOSS * (outside - temperature)
        else:
            last_temperature, last_sun, last_effect = self.last
            measured = temperature - last_temperature - last_effect
            self.drift += DRIFT_LEARNING * (measured - self.drift)
            self.drift += DEGREES_BY_SUN * (sun - last_sun)
            self.drift -= DRIFT_PER_DEGREE * (temperature - last_temperature)

        day_mean = outside - OUTSIDE_SWING * math.sin(2 * math.pi * (hour - 9) / 24)
        warm_limit = WARM_LIMIT - PRECOOLING * max(day_mean - WARM_DAY, 0.0)
        warm_limit = max(warm_limit, COLD_LIMIT + PRECOOLED_ABOVE_COLD_LIMIT)

        vent_cooling = VENT_EXCHANGE * (temperature - outside)
        next_temperature = temperature + self.drift

        vent_warm = (next_temperature - warm_limit) / max(vent_cooling, 0.05)
        vent_humid = VENT_PER_PERCENT * (humidity - HUMID_LIMIT)
        vent = min(max(vent_warm, vent_humid, 0.0), 1.0)

        next_temperature -= vent * vent_cooling
        heat = min(max((COLD_LIMIT - next_temperature) / DEGREES_BY_FULL_HEAT, 0.0), 1.0)

        self.last = (temperature, sun, heat * DEGREES_BY_FULL_HEAT - vent * vent_cooling)
        return {"heat": np.array([heat]), "vent": np.array([vent])}
