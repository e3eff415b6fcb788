"""Walk with a three-phase gait whose foot lands further ahead the faster the walker goes, while the standing leg levels the hull."""
import numpy as np

PUSH_SPEED = 0.38  # tune: [0.25, 0.6]
CRUISE_SPEED = 0.35
LAND_HIP = 0.15  # tune: [-0.1, 0.6]
LAND_PER_SPEED = 1.0  # tune: [0.0, 2.5]
SUPPORT_BEHIND = 0.10  # tune: [-0.2, 0.5]
SUPPORT_KNEE = 0.1  # tune: [-0.1, 0.4]
SWING_HIP = 1.0  # tune: [0.5, 1.2]
SWING_KNEE = -0.6
HIP_GAIN = 0.6  # tune: [0.2, 1.5]
HULL_GAIN = 1.0  # tune: [0.0, 3.0]
HULL_DAMPING = 3.0  # tune: [0.0, 10.0]
VERTICAL_DAMPING = 7.5  # tune: [0.0, 12.0]
KNEE_GAIN = 2.0
JOINT_DAMPING = 0.125
PUSH_KNEE = 1.0
PUSH_DONE = 0.88
KNEE_STRETCH_STEP = 0.03

SWING, PUT_DOWN, PUSH_OFF = range(3)


class Policy:
    def __init__(self):
        self.restart()

    def reset(self, seed=None, spaces=None):
        self.restart()

    def restart(self):
        self.phase = SWING
        self.moving = 0
        self.knee_hold = SUPPORT_KNEE

    def act(self, observation):
        s = observation.astype(float)
        hull_angle, hull_rate, speed, climb = s[0:4]
        lean, hip_rate = s[[4, 9]] + hull_angle, s[[5, 10]]  # a leg's lean is its angle to the vertical
        knee, knee_rate = s[[6, 11]], s[[7, 12]]
        contact = s[[8, 13]] > 0.5
        move, support = self.moving, 1 - self.moving
        lean_target = None  # of the moving leg
        knee_target = [0.0, 0.0]

        if self.phase == SWING:
            lean_target = SWING_HIP
            knee_target[move] = SWING_KNEE
            stretch = KNEE_STRETCH_STEP * (2 if speed > CRUISE_SPEED else 1)
            self.knee_hold = min(self.knee_hold + stretch, SUPPORT_KNEE)
            knee_target[support] = self.knee_hold
            if lean[support] < SUPPORT_BEHIND:
                self.phase = PUT_DOWN
        if self.phase == PUT_DOWN:
            lean_target = LAND_HIP + LAND_PER_SPEED * (speed - CRUISE_SPEED)
            knee_target[move] = SUPPORT_KNEE
            knee_target[support] = self.knee_hold
            if contact[move]:
                self.phase = PUSH_OFF
                self.knee_hold = min(knee[move], SUPPORT_KNEE)
        if self.phase == PUSH_OFF:
            lean_target = None
            knee_target[move] = self.knee_hold
            knee_target[support] = PUSH_KNEE
            if knee[support] > PUSH_DONE or speed > PUSH_SPEED:
                self.phase = SWING
                self.moving = support

        level_hull = HULL_GAIN * hull_angle + HULL_DAMPING * hull_rate
        turn_hip = [level_hull, level_hull]
        if lean_target is not None:
            turn_hip[move] = HIP_GAIN * (lean_target - lean[move]) - JOINT_DAMPING * hip_rate[move]
        turn_knee = KNEE_GAIN * (np.array(knee_target) - knee) - JOINT_DAMPING * knee_rate - VERTICAL_DAMPING * climb
        action = [turn_hip[0], turn_knee[0], turn_hip[1], turn_knee[1]]
        return np.clip(np.array(action, dtype=np.float32), -1.0, 1.0)
