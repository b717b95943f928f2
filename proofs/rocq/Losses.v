(** The loss, and parameters that are moved along given directions. *)

From Coq Require Import List ZArith QArith Setoid.
From ExactCNN Require Import Numbers Networks.
Import ListNotations.

Section Loss.
  Variable K : numbers.
  Variable apply : activation -> K -> K.
  Variable greatest : list K -> K.

  Definition squared_distance (x : list K) (y : list Q) : K :=
    total K (map (fun pair => let r := sub (fst pair) (of_Q (snd pair)) in mul r r) (combine x y)).

  (** Half the sum of the squared residuals. *)
  Definition loss (network : list (layer * parameters K)) (samples targets : list (list Q)) : K :=
    mul (of_Q (1 # 2)) (total K (map
      (fun pair => squared_distance (evaluate K apply greatest network (map of_Q (fst pair))) (snd pair))
      (combine samples targets))).

  (** Parameters are numbered layer by layer: the weights, row by row, then the biases. Number e moves by the sum of
      d(e) y over the directions d and the coordinates y. *)
  Definition moved_entry (directions : list (list Q)) (y : list K) (e : nat) (q : Q) : K :=
    add (of_Q q) (total K (map (fun pair => mul (of_Q (nth e (fst pair) 0%Q)) (snd pair)) (combine directions y))).

  Fixpoint moved_row (directions : list (list Q)) (y : list K) (e : nat) (row : list Q) : list K :=
    match row with [] => [] | q :: row' => moved_entry directions y e q :: moved_row directions y (S e) row' end.

  Fixpoint moved_rows (directions : list (list Q)) (y : list K) (e : nat) (rows : list (list Q)) : list (list K) :=
    match rows with
    | [] => []
    | row :: rows' => moved_row directions y e row :: moved_rows directions y (e + length row) rows'
    end.

  Definition size (rows : list (list Q)) : nat := fold_right (fun row n => (length row + n)%nat) O rows.

  Fixpoint moved_from (e : nat) (network : list (layer * parameters rationals)) (directions : list (list Q))
    (y : list K) : list (layer * parameters K) :=
    match network with
    | [] => []
    | (l, p) :: network' =>
        (l, Parameters (moved_rows directions y e (weights p))
                       (moved_row directions y (e + size (weights p)) (biases p)))
        :: moved_from (e + size (weights p) + length (biases p)) network' directions y
    end.

  Definition moved := moved_from O.
End Loss.

(** Over Q. *)
Definition rational_loss := loss rationals apply_rational greatest_rational.
Definition rational_moved := moved rationals.

Section Relation.
  Variables K L : numbers.
  Variable R : K -> L -> Prop.
  Hypothesis R_add : forall x y a b, R x a -> R y b -> R (add x y) (add a b).
  Hypothesis R_mul : forall x y a b, R x a -> R y b -> R (mul x y) (mul a b).
  Hypothesis R_inv : forall x a, R x a -> R (inv x) (inv a).
  Hypothesis R_of_Q : forall q, R (of_Q q) (of_Q q).
  Variable apply : activation -> K -> K.
  Variable apply' : activation -> L -> L.
  Variable greatest : list K -> K.
  Variable greatest' : list L -> L.
  Hypothesis R_apply : forall act x a, R x a -> R (apply act x) (apply' act a).
  Hypothesis R_greatest : forall x a, R_list K L R x a -> R (greatest x) (greatest' a).

  Lemma R_squared_distance x a (y : list Q) : R_list K L R x a -> R (squared_distance K x y) (squared_distance L a y).
  Proof.
    intro H. apply (R_total K L R R_add R_of_Q). revert y.
    induction H as [| u v x a U H IH]; intros [| q y]; simpl; constructor; [| apply IH].
    assert (S : R (sub u (of_Q q)) (sub v (of_Q q))) by (unfold sub, opp; auto).
    apply R_mul; exact S.
  Qed.

  Lemma R_loss network network' samples targets : R_layers K L R network network' ->
    R (loss K apply greatest network samples targets) (loss L apply' greatest' network' samples targets).
  Proof.
    intro N. apply R_mul; [apply R_of_Q |]. apply (R_total K L R R_add R_of_Q). apply R_map.
    intros [x y]. apply R_squared_distance.
    apply (R_evaluate K L R R_add R_mul R_of_Q); auto.
    simpl. apply R_map. apply R_of_Q.
  Qed.

  Lemma R_moved_entry directions y y' e q : R_list K L R y y' ->
    R (moved_entry K directions y e q) (moved_entry L directions y' e q).
  Proof.
    intro Y. apply R_add; [apply R_of_Q |]. apply (R_total K L R R_add R_of_Q). revert directions.
    induction Y; intros [| d directions]; simpl; constructor; auto. apply IHY.
  Qed.

  Lemma R_moved_row directions y y' e row : R_list K L R y y' ->
    R_list K L R (moved_row K directions y e row) (moved_row L directions y' e row).
  Proof.
    intro Y. revert e. induction row; intro e; simpl; constructor; [apply R_moved_entry; exact Y | apply IHrow].
  Qed.

  Lemma R_moved network directions y y' e : R_list K L R y y' ->
    R_layers K L R (moved_from K e network directions y) (moved_from L e network directions y').
  Proof.
    intro Y. revert e. induction network as [| [l p] network IH]; intro e; simpl; constructor; [| apply IH].
    split; [reflexivity |]. split; simpl; [| apply R_moved_row; exact Y].
    generalize (weights p). intro rows. revert e. induction rows; intro e; simpl; constructor; auto using R_moved_row.
  Qed.
End Relation.
